import { FileText } from "lucide-react";
import { useRead } from "@/api/use-read";
import { usePages } from "@/api/use-pages";
import { More } from "@/components/more";
import { QueryView } from "@/components/query-view";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { ReportRow } from "./report-row";
import { SettingsForm } from "./settings-form";

const PAGE = 10;

/** What else is told, and the reports so far. */
export default function Reports() {
  const settings = useRead(["notification-settings"], (api, signal) =>
    api.GET("/api/notifications/settings", { signal }),
  );
  const reports = usePages(["reports"], (api, cursor, signal) =>
    api.GET("/api/alerts", {
      params: {
        query: {
          kind: ["report"],
          limit: PAGE,
          ...(cursor === undefined ? {} : { cursor: Number(cursor) }),
        },
      },
      signal,
    }),
  );
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Card title="Settings">
        <QueryView query={settings} skeleton={<Skeleton className="h-96" />}>
          {(data) => <SettingsForm settings={data} />}
        </QueryView>
      </Card>
      <Card title="Reports so far" flush>
        <QueryView query={reports} skeleton={<Skeleton className="m-4 h-48" />}>
          {({ pages }) => {
            const found = pages.flatMap((page) => page.alerts);
            return found.length === 0 ? (
              <Empty icon={FileText} title="No report yet">
                The first comes on Monday at 08:00, if anything was spent in the week before.
              </Empty>
            ) : (
              <>
                <ul>
                  {found.map((report) => (
                    <ReportRow key={report.id} report={report} />
                  ))}
                </ul>
                <More pages={reports} />
              </>
            );
          }}
        </QueryView>
      </Card>
    </div>
  );
}
