import { useSearch } from "wouter";

/** Addresses within the dashboard; the chosen project goes along. */
export function useAddress(): (path: string, query?: Readonly<Record<string, string>>) => string {
  const project = new URLSearchParams(useSearch()).get("project");
  return (path, query = {}) => {
    const params = new URLSearchParams({ ...query, ...(project ? { project } : {}) }).toString();
    return params ? `${path}?${params}` : path;
  };
}

/** Ids of tuned models hold colons. */
export const modelPath = (id: string): string => `/models/${encodeURIComponent(id)}`;

/** As it is in the path, where the router leaves colons and slashes escaped. */
export function modelOf(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}
