/** One server of node:http with a Map from Host to app: no Switchboard. `map-of-apps.ts <kind> <hostnames>` */
import { createServer, type RequestListener } from "node:http";
import { type AppKind, makeApp } from "./apps.ts";
import { serve } from "./program.ts";

const [kind, hostnames] = process.argv.slice(2) as [AppKind, string];
const apps = new Map<string, RequestListener>();
const server = createServer((request, response) => {
  const app = apps.get(request.headers.host ?? "");
  if (app === undefined) response.writeHead(404).end();
  else app(request, response);
});
for (let i = 0; i < Number(hostnames); i += 1) apps.set(`h${i}.localhost`, makeApp(kind, `h${i}`, server));
serve(server);
