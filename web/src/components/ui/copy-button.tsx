import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./button";
import { useToast } from "./toast";

/** Copies a text, and says that it did. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const { failed } = useToast();
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      failed(
        new Error("The browser does not let this page copy: select the text and copy it yourself."),
      );
    }
  };
  return (
    <Button
      size="small"
      onClick={() => void copy()}
      aria-label={copied ? `${label}: copied` : label}
    >
      {copied ? <Check aria-hidden className="text-good" /> : <Copy aria-hidden />}
      <span aria-live="polite">{copied ? "Copied" : "Copy"}</span>
    </Button>
  );
}
