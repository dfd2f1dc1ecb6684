import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sessionChanged, sessionQuery, type User } from "@/api/session";

interface Entrance {
  /** Who is signed in: a page that lets people in has nothing to do for them but to send them on. */
  user: User | null;
  /** Where to go on to, once somebody came in on this page. */
  goal: string | null;
  /** The API let somebody in: note who it is and where they are going. */
  enter: (goal: Goal) => Promise<void>;
}

/** A path, or how it follows from who came in. */
type Goal = string | ((user: User) => string);

/** What pages have in common that let people in. */
export function useEntrance(): Entrance {
  const queries = useQueryClient();
  const session = useQuery(sessionQuery);
  const [goal, setGoal] = useState<Goal | null>(null);
  const user = session.data ?? null;
  return {
    user,
    goal: typeof goal === "function" ? user && goal(user) : goal,
    enter: async (next) => {
      setGoal(() => next);
      await sessionChanged(queries, "signed-in");
      const came = await queries.query({ ...sessionQuery, staleTime: 60_000 });
      if (came === null) {
        throw new Error(
          "You were let in, but the browser did not keep it: allow cookies for this site, then try again.",
        );
      }
    },
  };
}
