import type { Summary } from "@/api/costs";
import { Card } from "@/components/ui/card";
import { ShareBar } from "@/components/share-bar";
import { count, percent, short } from "@/lib/numbers";
import { cacheHits, tokenShares } from "./token-shares";

/** Which tokens were used: disjoint classes, and what the cache saved asking for. */
export function TokenCard({ summary }: { summary: Summary }) {
  const shares = tokenShares(summary);
  const { reasoning, output_tokens: output } = summary.tokens;
  const hits = cacheHits(summary);
  return (
    <Card title="Tokens by class" about="Each token is counted in one class.">
      {shares === null || shares.length === 0 ? (
        <p className="text-sm text-muted">No token counts in this time.</p>
      ) : (
        <dl className="grid gap-2 text-sm">
          {shares.map(({ name, words, tokens, fraction }) => (
            <div
              key={name}
              className="grid grid-cols-[minmax(0,9rem)_minmax(2rem,1fr)_4rem_3rem] items-center gap-x-3"
            >
              <dt className="truncate">{words}</dt>
              <dd className="contents">
                <ShareBar fraction={fraction} />
                <span className="figures text-right" title={count(tokens)}>
                  {short(tokens)}
                </span>
                <span className="figures text-right text-xs text-muted">{percent(fraction)}</span>
              </dd>
            </div>
          ))}
        </dl>
      )}
      <p className="mt-3 text-xs text-muted">
        {hits !== null && `${percent(hits)} of the input came from a cache. `}
        {reasoning !== null &&
          reasoning > 0 &&
          output !== null &&
          output > 0 &&
          `${percent(reasoning / output)} of the output was reasoning.`}
      </p>
    </Card>
  );
}
