/** Let the browser save a text as a file. */
export function saveFile(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // Not at once: the download begins after this turn of the event loop.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
