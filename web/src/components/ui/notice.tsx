import clsx from "clsx";
import { CircleAlert, CircleCheck, Info, TriangleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

const LOOKS = {
  info: ["bg-accent-soft text-accent", Info],
  good: ["bg-good-soft text-good", CircleCheck],
  warn: ["bg-warn-soft text-warn", TriangleAlert],
  bad: ["bg-bad-soft text-bad", CircleAlert],
} as const satisfies Record<string, readonly [string, LucideIcon]>;

interface NoticeProps {
  tone?: keyof typeof LOOKS;
  /** Whether it appeared because of something just now, so that it is said aloud. */
  alert?: boolean;
  action?: ReactNode;
  children: ReactNode;
}

/** A sentence or two that whoever looks at the page should not miss. */
export function Notice({ tone = "info", alert = false, action, children }: NoticeProps) {
  const [look, Icon] = LOOKS[tone];
  return (
    <div
      role={alert ? "alert" : undefined}
      className={clsx("flex gap-2.5 rounded-md px-3 py-2.5 text-sm", look)}
    >
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="grid min-w-0 flex-1 gap-2 break-words">
        <div>{children}</div>
        {action !== undefined && <div>{action}</div>}
      </div>
    </div>
  );
}
