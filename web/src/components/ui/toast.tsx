import { Toast } from "@base-ui/react/toast";
import clsx from "clsx";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { explain } from "./states";

/** Says what came of a deed, in a corner, aloud to screen readers. */
export function ToastProvider({ children }: { children: ReactNode }) {
  return (
    <Toast.Provider timeout={6_000}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-60 flex w-[calc(100vw-2rem)] max-w-sm flex-col gap-2">
          <Toasts />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function Toasts() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className={clsx(
        "animate-fade rounded-lg border border-line bg-raised p-3 pr-9 shadow-lg data-[limited]:hidden",
        toast.type === "failed" && "border-bad",
      )}
    >
      <Toast.Title className="text-sm font-medium" />
      <Toast.Description className="mt-0.5 text-sm text-muted" />
      <Toast.Close
        aria-label="Close"
        className="absolute top-2 right-2 grid size-6 place-items-center rounded text-muted hover:text-ink"
      >
        <X aria-hidden className="size-4" />
      </Toast.Close>
    </Toast.Root>
  ));
}

/** Tell that something was done, or what kept it from being done. */
export function useToast(): {
  done: (title: string, detail?: string) => void;
  failed: (error: unknown) => void;
} {
  const { add } = Toast.useToastManager();
  return {
    done: (title, detail) => void add({ title, description: detail, type: "done" }),
    failed: (error) => {
      const { title, detail } = explain(error);
      add({ title, description: detail, type: "failed", priority: "high", timeout: 12_000 });
    },
  };
}
