import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Failure, Stale } from "./ui/states";

interface QueryViewProps<T> {
  query: Pick<UseQueryResult<T>, "data" | "error" | "isError"> & { refetch: () => unknown };
  /** Stands there until the first answer; as large as the content will be. */
  skeleton: ReactNode;
  children: (data: T) => ReactNode;
}

/** Shows what a query found: a skeleton first, then its data, which stay when a later try fails. */
export function QueryView<T>({ query, skeleton, children }: QueryViewProps<T>) {
  const retry = () => void query.refetch();
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <Stale error={query.error} retry={retry} />}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <Failure error={query.error} retry={retry} />;
  return (
    <div aria-busy="true">
      <span role="status" className="sr-only">
        Loading
      </span>
      {skeleton}
    </div>
  );
}
