import clsx from "clsx";
import { useLive, type LiveState } from "@/api/live";
import { Tooltip } from "@/components/ui/tooltip";

/** Whether what is on screen moves by itself. */
export function LiveBadge() {
  const { state } = useLive();
  const { word, about, look } = told(state);
  return (
    <Tooltip text={about}>
      <span
        role="status"
        tabIndex={0}
        className="inline-flex items-center gap-2 rounded px-2.5 py-1 text-xs whitespace-nowrap text-muted"
      >
        <span aria-hidden className={clsx("size-2 rounded-full", look)} />
        {word}
      </span>
    </Tooltip>
  );
}

function told(state: LiveState): { word: string; about: string; look: string } {
  switch (state.kind) {
    case "live":
      return { word: "Live", about: "New calls appear as they are stored.", look: "bg-good" };
    case "connecting":
      return {
        word: "Connecting",
        about: "The live stream is being opened.",
        look: "bg-line-strong",
      };
    case "lost":
      return {
        word: "Not live",
        about: "The live stream broke; it is being opened again. Figures may be behind until then.",
        look: "bg-warn animate-pulse",
      };
    case "refused":
      return { word: "Not live", about: `No live stream: ${state.why}`, look: "bg-bad" };
  }
}
