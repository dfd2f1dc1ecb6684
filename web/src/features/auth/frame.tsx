import type { ReactNode } from "react";
import { useTitle } from "@/components/page";

/** What stands around signing in and the like: no workspace yet. */
export function Frame({
  title,
  about,
  children,
}: {
  title: string;
  about?: ReactNode;
  children: ReactNode;
}) {
  useTitle(title);
  return (
    <main id="content" className="grid min-h-dvh place-content-center px-4 py-10">
      <div className="w-full max-w-sm min-w-[min(24rem,calc(100vw-2rem))]">
        <img src="/icon.svg" alt="LLMLab" className="mb-6 size-10" />
        <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
        {about !== undefined && <div className="mt-1 text-sm text-muted">{about}</div>}
        <div className="mt-6 grid gap-4">{children}</div>
      </div>
    </main>
  );
}
