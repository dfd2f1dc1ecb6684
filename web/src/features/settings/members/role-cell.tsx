import type { Schemas } from "@llmlab/client";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sessionQuery } from "@/api/session";
import { useDeed } from "@/api/use-read";
import { Confirm } from "@/components/ui/dialog";
import { Choice, Field } from "@/components/ui/field";
import { ROLES, type Role } from "@/lib/roles";
import { rolesFor } from "./rules";

interface RoleCellProps {
  member: Schemas["MemberResponse"];
  own: Role;
  /** Nobody else owns the workspace. */
  only: boolean;
}

/** A member's role, with the choice of another for who may give it. */
export function RoleCell({ member, own, only }: RoleCellProps) {
  const queries = useQueryClient();
  const [wanted, setWanted] = useState<Role | null>(null);
  const change = useDeed(
    (api, role: Role) =>
      api.PATCH("/api/members/{user_id}", {
        params: { path: { user_id: member.user_id } },
        body: { role },
      }),
    {
      done: (_, role) => `${member.email} is now ${ROLES[role].name.toLowerCase()}`,
      onDone: () => {
        if (member.you) {
          void queries.invalidateQueries({ queryKey: sessionQuery.queryKey, exact: true });
        }
      },
    },
  );
  const choices = rolesFor(own, member, only);
  if (choices.length === 1) {
    return (
      <span title={only ? "A workspace has at least one owner." : undefined}>
        {ROLES[member.role].name}
      </span>
    );
  }
  const choose = (role: Role) => {
    // What one cannot take back oneself is asked about first.
    if (member.you || role === "owner") setWanted(role);
    else change.mutate(role);
  };
  return (
    <>
      <Field label={<span className="sr-only">Role of {member.email}</span>}>
        <Choice
          className="w-32 min-w-32"
          value={change.isPending ? change.variables : member.role}
          disabled={change.isPending}
          onChange={(event) => choose(event.currentTarget.value as Role)}
        >
          {choices.map((role) => (
            <option key={role} value={role}>
              {ROLES[role].name}
            </option>
          ))}
        </Choice>
      </Field>
      <Confirm
        open={wanted !== null}
        onClose={() => setWanted(null)}
        title={member.you ? "Change your own role?" : "Make another owner?"}
        deed={wanted === null ? "Change" : `Make ${ROLES[wanted].name.toLowerCase()}`}
        dangerous={member.you}
        onConfirm={() => {
          if (wanted !== null) change.mutate(wanted);
          setWanted(null);
        }}
      >
        {wanted !== null && (
          <p>
            {member.you
              ? `You will be ${ROLES[wanted].name.toLowerCase()}: ${ROLES[wanted].about} Only somebody else can make you ${ROLES[member.role].name.toLowerCase()} again.`
              : `${ROLES.owner.about} An owner can also take this role from you.`}
          </p>
        )}
      </Confirm>
    </>
  );
}
