/** What stands where content would be: on its way, nothing there, or failed. */
import { Problem, Unreachable } from "@llmlab/client";
import clsx from "clsx";
import { CircleAlert, Inbox, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { sentence } from "@/lib/sentences";
import { Button } from "./button";

/** Grey where something is about to be. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <div
      aria-hidden
      data-skeleton
      className={clsx("animate-pulse rounded bg-line/70", className)}
    />
  );
}

/** Grey where a part of the program is still on its way; whoever hears the page is told so. */
export function Coming({ className }: { className?: string }) {
  return (
    <div aria-busy="true">
      <span role="status" className="sr-only">
        Loading
      </span>
      <Skeleton {...(className === undefined ? {} : { className })} />
    </div>
  );
}

interface EmptyProps {
  icon?: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** Nothing is there: says why, and what would change that. */
export function Empty({ icon: Icon = Inbox, title, children, action }: EmptyProps) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-10 text-center text-muted">
      <Icon aria-hidden className="size-6 opacity-70" />
      <p className="font-medium text-ink">{title}</p>
      {children !== undefined && <div className="max-w-prose text-sm">{children}</div>}
      {action !== undefined && <div className="mt-2">{action}</div>}
    </div>
  );
}

/** What went wrong, in words, and the way out. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const { title, detail } = explain(error);
  return (
    <div role="alert" className="flex flex-col items-center gap-2 px-4 py-10 text-center">
      <CircleAlert aria-hidden className="size-6 text-bad" />
      <p className="font-medium">{title}</p>
      <p className="max-w-prose text-sm text-muted">{detail}</p>
      {retry !== undefined && (
        <Button onClick={retry} className="mt-2">
          Try again
        </Button>
      )}
    </div>
  );
}

/** Say beside content that is still shown that it could not be read anew. */
export function Stale({ error, retry }: { error: unknown; retry: () => void }) {
  const { title, detail } = explain(error);
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center justify-between gap-2 rounded-md bg-warn-soft px-3 py-2 text-sm text-warn"
    >
      <span>
        <strong className="font-medium">{title}.</strong> What you see is from before. {detail}
      </span>
      <Button size="small" onClick={retry}>
        Try again
      </Button>
    </div>
  );
}

/** Put an error into words: what happened, and what can be done. */
export function explain(error: unknown): { title: string; detail: string } {
  if (error instanceof Unreachable) {
    return {
      title: "The server cannot be reached",
      detail: "Check your connection, or whether LLMLab is running.",
    };
  }
  if (error instanceof Problem) {
    const detail = sentence(error.detail);
    if (error.code === "not_the_api") {
      return { title: "The answer did not come from LLMLab", detail };
    }
    switch (error.status) {
      case 401:
        return { title: "You are signed out", detail: "Sign in again to go on." };
      case 403:
        return { title: "That is not allowed", detail };
      case 404:
        return { title: "There is no such thing here", detail };
      case 409:
        return { title: "Somebody was faster", detail };
      case 422:
        return { title: "That cannot be answered", detail };
      case 429:
        return { title: "Too many requests", detail };
      case 503:
        return { title: "LLMLab is not ready at the moment", detail };
      default:
        return { title: `The server answered ${String(error.status)}`, detail };
    }
  }
  return {
    title: "Something failed that should not have",
    detail:
      error instanceof Error ? error.message : "Reload the page; the browser's console has more.",
  };
}
