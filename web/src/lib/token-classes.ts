/** The disjoint classes that tokens are counted and priced in, in the API's order. */
export const TOKEN_CLASSES = [
  "input",
  "cache_read",
  "cache_write_5m",
  "cache_write_1h",
  "input_audio",
  "cache_audio_read",
  "input_image",
  "output",
  "output_audio",
  "output_image",
] as const;

export type TokenClass = (typeof TOKEN_CLASSES)[number];

/** Their names for people. */
export const CLASS_NAMES: Readonly<Record<TokenClass, string>> = {
  input: "Input",
  cache_read: "Cache read",
  cache_write_5m: "Cache write",
  cache_write_1h: "Cache write, 1 hour",
  input_audio: "Audio input",
  cache_audio_read: "Audio cache read",
  input_image: "Image input",
  output: "Output",
  output_audio: "Audio output",
  output_image: "Image output",
};
