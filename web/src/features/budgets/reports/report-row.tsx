import type { Schemas } from "@llmlab/client";
import { useWorkspace } from "@/api/workspace";
import { instant } from "@/lib/times";
import { DeliveryLine } from "../alerts/delivery-line";

/** One report, as it was sent. */
export function ReportRow({ report }: { report: Schemas["Alert"] }) {
  const { zone } = useWorkspace();
  return (
    <li className="grid gap-1.5 border-t border-line px-4 py-3 first:border-t-0">
      <h3 className="font-medium break-words">
        <bdi>{report.title}</bdi>
      </h3>
      <p className="max-w-prose text-sm break-words whitespace-pre-line text-muted">
        {report.summary}
      </p>
      <time dateTime={report.created_at} className="text-xs text-muted">
        {instant(report.created_at, zone)}
      </time>
      {report.deliveries.length > 0 && (
        <ul aria-label="Deliveries" className="grid gap-1">
          {report.deliveries.map((delivery) => (
            <DeliveryLine key={delivery.id} delivery={delivery} />
          ))}
        </ul>
      )}
    </li>
  );
}
