import { Download, FileSpreadsheet } from "lucide-react";
import { exportAddress } from "@/api/costs";
import { useWorkspace } from "@/api/workspace";
import { Button } from "@/components/ui/button";
import { Menu, MenuDownload, MenuItem, MenuSeparator } from "@/components/ui/menu";
import type { Question } from "./question";

interface DownloadsProps {
  question: Question;
  /** Save the table as it is; absent while there is none. */
  onTable?: () => void;
}

/** What is on screen as a file, and the calls behind it. */
export function Downloads({ question, onTable }: DownloadsProps) {
  const { id } = useWorkspace();
  return (
    <Menu
      trigger={
        <Button>
          <Download aria-hidden /> Download
        </Button>
      }
    >
      {onTable !== undefined && (
        <>
          <MenuItem onSelect={onTable}>
            <FileSpreadsheet aria-hidden /> This table (CSV)
          </MenuItem>
          <MenuSeparator />
        </>
      )}
      <MenuDownload href={exportAddress(id, "csv", question)}>Every call (CSV)</MenuDownload>
      <MenuDownload href={exportAddress(id, "focus", question)}>
        Every call (FOCUS, for cost tools)
      </MenuDownload>
      <MenuDownload href={exportAddress(id, "jsonl", question)}>
        Every call (JSON lines)
      </MenuDownload>
    </Menu>
  );
}
