import { useWorkspace } from "@/api/workspace";
import { Name } from "@/components/name";
import { Card } from "@/components/ui/card";
import { instant } from "@/lib/times";
import { PasswordForm } from "./password-form";
import { PasswordLink } from "./password-link";
import { Sessions } from "./sessions";

/** The signed-in person: their e-mail, password and sessions. */
export default function AccountPart() {
  const { user, zone } = useWorkspace();
  return (
    <div className="grid max-w-3xl min-w-0 gap-4">
      <Card title="Account">
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1.5 text-sm">
          <dt className="text-muted">E-mail</dt>
          <dd>
            <Name>{user.email}</Name>
          </dd>
          <dt className="text-muted">Since</dt>
          <dd>{instant(user.created_at, zone)}</dd>
        </dl>
      </Card>
      <Card title="Password">
        {user.has_password ? (
          <PasswordForm email={user.email} />
        ) : (
          <PasswordLink email={user.email} />
        )}
      </Card>
      <Sessions />
    </div>
  );
}
