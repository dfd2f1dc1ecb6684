import { useMay } from "@/api/workspace";
import { Frame } from "./frame";
import { Mappings } from "./mappings";
import { OwnPrices } from "./own-prices";
import { PriceDialogButton } from "./price-dialog-button";

/** What the workspace pays by its own word: prices and names. */
export default function Own() {
  const { administer } = useMay();
  return (
    <Frame
      about={
        administer
          ? "What your contract says, discounts, models that nobody lists, and names that only you know."
          : "What an admin of the workspace set: contracts, discounts, and names of your own."
      }
      actions={administer && <PriceDialogButton />}
    >
      <OwnPrices />
      <Mappings />
    </Frame>
  );
}
