import { useEffect, type ReactNode } from "react";

interface PageProps {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A screen: its heading, what can be done on it, its content. Names the browser's tab. */
export function Page({ title, about, actions, children }: PageProps) {
  useTitle(title);
  return (
    <div className="mx-auto w-full max-w-[90rem] px-4 py-5 sm:px-6">
      <header className="mb-5 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          {about !== undefined && <div className="mt-1 text-sm text-muted">{about}</div>}
        </div>
        {actions !== undefined && (
          <div className="flex flex-wrap items-center gap-2">{actions}</div>
        )}
      </header>
      <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4">{children}</div>
    </div>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · LLMLab`;
  }, [title]);
}

/** Says which parts of the page's address were not understood. */
export function Misread({ names }: { names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <p role="status" className="rounded-md bg-warn-soft px-3 py-2 text-sm text-warn">
      This link is not quite one of ours: <code>{names.join(", ")}</code> could not be understood,
      so the usual is shown there.
    </p>
  );
}
