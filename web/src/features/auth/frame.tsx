import type { ReactNode } from "react";
import { useTitle } from "@/components/page";

interface FrameProps {
  title: string;
  about?: ReactNode;
  /** The other ways from here, under the form. */
  ways?: ReactNode;
  children?: ReactNode;
}

/** What stands around signing in and the like: no workspace yet. */
export function Frame({ title, about, ways, children }: FrameProps) {
  useTitle(title);
  return (
    <main id="content" className="grid min-h-dvh place-content-center px-4 py-10">
      <div className="w-[min(25rem,calc(100vw-2rem))]">
        <img src="/icon.svg" alt="LLMLab" className="mb-6 size-10" />
        <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
        {about !== undefined && <div className="mt-1 text-muted">{about}</div>}
        {children !== undefined && <div className="mt-6 grid gap-4">{children}</div>}
        {ways !== undefined && <div className="mt-6 grid gap-1.5 text-muted">{ways}</div>}
      </div>
    </main>
  );
}
