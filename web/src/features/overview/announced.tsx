import { useEffect, useRef, useState } from "react";

const PAUSE_MS = 30_000;

/** Says aloud what moves on screen, now and then: each single change would be a chatter. */
export function Announced({ text }: { text: string }) {
  const [said, setSaid] = useState("");
  const latest = useRef(text);
  useEffect(() => {
    latest.current = text;
  }, [text]);
  useEffect(() => {
    const timer = setInterval(() => setSaid(latest.current), PAUSE_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p role="status" className="sr-only">
      {said}
    </p>
  );
}
