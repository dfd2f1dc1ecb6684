import { useDeed } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { Confirm } from "@/components/ui/dialog";
import { instant } from "@/lib/times";
import type { Price } from "./use-price-pages";

/** Asks before a price of one's own is taken back. */
export function TakeBack({ price, onClose }: { price: Price | null; onClose: () => void }) {
  const { zone } = useWorkspace();
  const withdraw = useDeed(
    (api, id: number) => api.DELETE("/api/prices", { params: { query: { id } } }),
    { done: "The price was taken back", onDone: onClose },
  );
  return (
    <Confirm
      open={price !== null}
      onClose={onClose}
      title="Take this price back?"
      deed="Take back"
      dangerous
      busy={withdraw.isPending}
      onConfirm={() => {
        if (price !== null) withdraw.mutate(price.id);
      }}
    >
      {price !== null && (
        <>
          Your price of <bdi className="font-medium break-all text-ink">{price.model}</bdi> at{" "}
          {price.provider}
          {price.valid_from !== null && `, from ${instant(price.valid_from, zone)} on,`} counts as
          if it had never been: new calls are charged by what then holds. Calls that were charged by
          it keep what they cost until you price them again. To end it at a time instead, change it
          and say until when.
        </>
      )}
    </Confirm>
  );
}
