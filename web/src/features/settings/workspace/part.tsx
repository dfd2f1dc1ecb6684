import { useRead } from "@/api/use-read";
import { QueryView } from "@/components/query-view";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/states";
import { Rebuilding } from "./rebuilding";
import { WorkspaceForm } from "./workspace-form";

const EVERY_MS = 2_000;

/** The workspace's name, zone and declared tags. */
export default function WorkspacePart() {
  const settings = useRead(["settings"], (api, signal) => api.GET("/api/workspace", { signal }), {
    every: (last) => (last?.rebuilding != null ? EVERY_MS : false),
  });
  return (
    <QueryView query={settings} skeleton={<Skeleton className="h-96 max-w-2xl" />}>
      {(data) => (
        <div className="grid max-w-2xl gap-4">
          {data.rebuilding !== null && <Rebuilding {...data.rebuilding} />}
          <Card title="Workspace">
            <WorkspaceForm key={data.id} settings={data} />
          </Card>
        </div>
      )}
    </QueryView>
  );
}
