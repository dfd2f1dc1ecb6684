import { useRead } from "@/api/use-read";
import { useMay } from "@/api/workspace";
import { QueryView } from "@/components/query-view";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/states";
import { many } from "@/lib/numbers";
import { Invitations } from "./invitations";
import { Members } from "./members";

/** Who belongs to the workspace, and who is invited to it. */
export default function MembersPart() {
  const may = useMay();
  const members = useRead(["members"], (api, signal) => api.GET("/api/members", { signal }));
  return (
    <>
      <Card
        flush
        title="Members"
        about={members.data && many(members.data.members.length, "person", "people")}
      >
        <QueryView query={members} skeleton={<Skeleton className="m-4 h-40" />}>
          {(data) => <Members members={data.members} />}
        </QueryView>
      </Card>
      {may.administer && <Invitations />}
    </>
  );
}
