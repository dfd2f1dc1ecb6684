import type { ReactNode } from "react";
import { useWorkspace } from "@/api/workspace";
import { Page } from "@/components/page";
import { TabLinks } from "@/components/ui/tab-links";

interface FrameProps {
  title?: string;
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A part of the prices, with the ways to the others. */
export function Frame({ title = "Prices", about, actions, children }: FrameProps) {
  const base = usePricesPath();
  return (
    <Page title={title} about={about} actions={actions}>
      <TabLinks
        label="Prices"
        tabs={[
          { to: base, name: "Price book", end: true },
          { to: `${base}/own`, name: "Your prices" },
          { to: `${base}/repricings`, name: "Repricings" },
        ]}
      />
      {children}
    </Page>
  );
}

/** Return where the prices of this workspace are. */
export function usePricesPath(): string {
  const { id } = useWorkspace();
  return `/w/${String(id)}/prices`;
}

/** Return the address of a model's prices. */
export function useModelPath(): (provider: string, model: string) => string {
  const base = usePricesPath();
  return (provider, model) =>
    `${base}/model?${new URLSearchParams({ provider, model }).toString()}`;
}
