import { lazy, Suspense, type ComponentType } from "react";
import { Navigate, useParams } from "react-router";
import { useMay, useWorkspace } from "@/api/workspace";
import { Misread, Page } from "@/components/page";
import { Coming, Empty } from "@/components/ui/states";
import { TabLinks } from "@/components/ui/tab-links";

interface Part {
  name: string;
  /** Only for who may administer the workspace. */
  administer: boolean;
  Content: ComponentType;
}

const PARTS: Readonly<Record<string, Part>> = {
  workspace: {
    name: "Workspace",
    administer: false,
    Content: lazy(() => import("./workspace/part")),
  },
  members: { name: "Members", administer: false, Content: lazy(() => import("./members/part")) },
  keys: { name: "API keys", administer: true, Content: lazy(() => import("./keys/part")) },
  "dead-letters": {
    name: "Dead letters",
    administer: true,
    Content: lazy(() => import("./dead-letters/part")),
  },
  audit: { name: "Audit log", administer: true, Content: lazy(() => import("./audit/part")) },
  account: {
    name: "Your account",
    administer: false,
    Content: lazy(() => import("./account/part")),
  },
};

/** The settings of the workspace and of the person, a part at a time. */
export function Component() {
  const { id, name } = useWorkspace();
  const may = useMay();
  const path = useParams()["*"]?.replace(/\/$/, "") ?? "";
  if (path === "") return <Navigate to={`/w/${id}/settings/workspace`} replace />;
  const known = Object.hasOwn(PARTS, path);
  const part = known ? path : "workspace";
  const shown = PARTS[part];
  return (
    <Page
      title="Settings"
      about={
        <>
          Of <bdi>{name}</bdi> and of your account
        </>
      }
    >
      <TabLinks
        label="Settings"
        tabs={Object.entries(PARTS)
          .filter(([, { administer }]) => may.administer || !administer)
          .map(([each, { name: word }]) => ({ to: `/w/${id}/settings/${each}`, name: word }))}
      />
      {!known && <Misread names={[path]} />}
      {shown !== undefined &&
        (shown.administer && !may.administer ? (
          <Empty title={`${shown.name}: for owners and admins`}>
            Your role here does not include this. Who has which role stands under Members.
          </Empty>
        ) : (
          <Suspense fallback={<Coming className="h-64" />}>
            <shown.Content />
          </Suspense>
        ))}
    </Page>
  );
}
