import type { ReactNode } from "react";
import { isRouteErrorResponse, useRouteError } from "react-router";
import { Button, ButtonLink } from "@/components/ui/button";
import { Empty, Failure } from "@/components/ui/states";
import { useTitle } from "@/components/page";

/** A screen that failed: says so, and leads out. A part of the program that is gone was replaced meanwhile. */
export function Crashed({ inside = false }: { inside?: boolean }) {
  const error = useRouteError();
  useTitle("Something failed");
  if (isRouteErrorResponse(error) && error.status === 404) return <Missing inside={inside} />;
  const outdated = error instanceof TypeError && /import|module|fetch/i.test(error.message);
  return (
    <Alone inside={inside}>
      {outdated ? (
        <Empty
          title="This part of the page could not be loaded"
          action={
            <Button tone="primary" onClick={() => location.reload()}>
              Reload
            </Button>
          }
        >
          LLMLab was updated meanwhile, or the connection broke. Reloading brings the new version.
        </Empty>
      ) : (
        <Failure error={error} retry={() => location.reload()} />
      )}
    </Alone>
  );
}

export function Missing({ inside = false }: { inside?: boolean }) {
  useTitle("Not found");
  return (
    <Alone inside={inside}>
      <Empty
        title="There is no such page"
        action={
          <ButtonLink to="/" tone="primary">
            To the overview
          </ButtonLink>
        }
      >
        The address may be mistyped, or of a workspace that you don't belong to.
      </Empty>
    </Alone>
  );
}

/** What stands in the middle of the page, alone. A page has one main part: inside of the shell it is the shell's. */
function Alone({ inside, children }: { inside: boolean; children: ReactNode }) {
  const Part = inside ? "div" : "main";
  return (
    <Part id={inside ? undefined : "content"} className="grid min-h-[60dvh] place-content-center">
      {children}
    </Part>
  );
}
