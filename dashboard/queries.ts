import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "../client/errors.ts";

/** What the server refused it refuses again. */
const mayRetry = (count: number, error: unknown) => !(error instanceof ApiError) && count < 2;

export const createQueries = () =>
  new QueryClient({
    defaultOptions: { queries: { retry: mayRetry, staleTime: 2_000, refetchOnWindowFocus: true } },
  });
