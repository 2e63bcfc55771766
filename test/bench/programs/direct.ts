/** A server of node:http and nothing else: what everything is compared with. `direct.ts <kind>` */
import { createServer, type RequestListener } from "node:http";
import { type AppKind, makeApp } from "./apps.ts";
import { serve } from "./program.ts";

const [kind] = process.argv.slice(2) as [AppKind];
const server = createServer();
const app: RequestListener = makeApp(kind, "app", server);
serve(server.on("request", app));
