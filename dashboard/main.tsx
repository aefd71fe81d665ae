import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { preload, preloadOthers } from "./pages.ts";
import { createQueries } from "./queries.ts";
import { SessionProvider } from "./session.tsx";
import "./style.css";
import { Toasts } from "./ui/toast.tsx";

preload(location.pathname);
const queries = createQueries();
const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <Toasts>
          <SessionProvider>
            <App />
          </SessionProvider>
        </Toasts>
      </QueryClientProvider>
    </StrictMode>,
  );
preloadOthers();
