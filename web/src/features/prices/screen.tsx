import { lazy, Suspense } from "react";
import { Route, Routes } from "react-router";
import { Coming } from "@/components/ui/states";
import { Book } from "./book";

// The book is what most people come for; the rest comes when it is wanted.
const Model = lazy(() => import("./model"));
const Own = lazy(() => import("./own"));
const Repricings = lazy(() => import("./repricings"));
const RepricingPage = lazy(() => import("./repricing-page"));
const Reprice = lazy(() => import("./reprice"));

/** What calls are charged by: the book, the workspace's own prices and names, and pricing again. */
export function Component() {
  return (
    <Suspense fallback={<Coming className="m-6 h-64" />}>
      <Routes>
        <Route index element={<Book />} />
        <Route path="model" element={<Model />} />
        <Route path="own" element={<Own />} />
        <Route path="repricings" element={<Repricings />} />
        <Route path="repricings/:id" element={<RepricingPage />} />
        <Route path="reprice" element={<Reprice />} />
        <Route path="*" element={<Book />} />
      </Routes>
    </Suspense>
  );
}
