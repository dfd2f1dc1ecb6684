import { CopyButton } from "@/components/ui/copy-button";

/** Lines of a program to be copied; long ones scroll inside. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <div className="relative min-w-0 rounded-md border border-line bg-sunken">
      <pre
        role="region"
        aria-label={label}
        tabIndex={0}
        className="overflow-x-auto p-3 pt-11 text-xs leading-relaxed sm:pt-3 sm:pr-24"
      >
        {text.trimEnd()}
      </pre>
      <div className="absolute top-2 right-2">
        <CopyButton text={text} label={`Copy ${label}`} />
      </div>
    </div>
  );
}
