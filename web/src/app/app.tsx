import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { RouterProvider } from "react-router";
import { makeQueryClient } from "@/api/queries";
import { followOtherTabs } from "@/api/session";
import { ToastProvider } from "@/components/ui/toast";
import { TooltipProvider } from "@/components/ui/tooltip";
import { makeRouter } from "./router";

/** All of the dashboard. */
export function App() {
  const [queries] = useState(makeQueryClient);
  const [router] = useState(() => makeRouter(queries));
  useEffect(() => followOtherTabs(queries), [queries]);
  return (
    // The page's Content-Security-Policy allows no <style> elements.
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <TooltipProvider delay={300}>
          <ToastProvider>
            <RouterProvider router={router} />
          </ToastProvider>
        </TooltipProvider>
      </QueryClientProvider>
    </CSPProvider>
  );
}
