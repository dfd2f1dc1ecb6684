interface Search {
  provider?: string;
  model?: string;
}

/** Read what somebody types to find a model: `gpt-4`, or `openai/gpt-4` with whose it is. */
export function searchOf(typed: string): Search {
  const cut = typed.indexOf("/");
  const provider = cut > 0 ? typed.slice(0, cut) : "";
  const model = cut < 0 ? typed : typed.slice(cut + 1);
  return {
    ...(provider === "" ? {} : { provider }),
    ...(model === "" ? {} : { model: `${model.replace(/\*+$/, "")}*` }),
  };
}
