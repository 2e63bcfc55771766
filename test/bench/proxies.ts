import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { action, type Operation, race, resource, sleep } from "effection";
import { exited, freePort, isInstalled, useCommand } from "./process.ts";

/** A proxy that is no Node program: one worker, in the foreground, with kept connections on both sides. */
interface Proxy {
  name: "nginx" | "haproxy" | "caddy";
  config(port: number, upstream: number, directory: string): string;
  args(file: string, directory: string): string[];
}

const READY_MS = 5_000;

const PROXIES: readonly Proxy[] = [
  {
    name: "nginx",
    args: (file, directory) => ["-c", file, "-p", directory, "-e", "stderr"],
    config: (port, upstream, directory) => `
daemon off;
master_process off;
pid ${directory}/nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  keepalive_requests 100000000;
  map $http_upgrade $connection_field { default upgrade; "" ""; }
  upstream app { server 127.0.0.1:${upstream}; keepalive 100; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_field;
    }
  }
}
`,
  },
  {
    name: "haproxy",
    args: (file) => ["-db", "-q", "-f", file],
    config: (port, upstream) => `
global
  nbthread 1
  maxconn 1000
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
frontend front
  bind 127.0.0.1:${port}
  default_backend app
backend app
  server app 127.0.0.1:${upstream}
`,
  },
  {
    name: "caddy",
    args: (file) => ["run", "--config", file, "--adapter", "caddyfile"],
    config: (port, upstream) => `
{
  admin off
  auto_https off
}
http://:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${upstream}
}
`,
  },
];

/** The proxies of this kind that are installed. */
export function installedProxies(): Proxy["name"][] {
  return PROXIES.map(({ name }) => name).filter(isInstalled);
}

/** Starts an installed proxy in front of a port, and gives the port it listens on. */
export function useProxy(name: Proxy["name"], upstream: number, directory: string): Operation<number> {
  const proxy = PROXIES.find((one) => one.name === name) as Proxy;
  return resource(function* (provide) {
    const port = yield* freePort();
    const home = join(directory, `${name}-${port}`);
    mkdirSync(home);
    const file = join(home, "config");
    writeFileSync(file, proxy.config(port, upstream, home));
    // Caddy is limited to one thread by GOMAXPROCS, and keeps its own files below these directories.
    const env = { ...process.env, GOMAXPROCS: "1", HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home };
    const child = yield* useCommand(name, proxy.args(file, home), { env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr?.on("data", (chunk) => {
      said = `${said}${chunk}`.slice(-2_000);
    });
    const end = yield* race([whenListening(port), whenEnded(() => exited(child)), whenEnded(() => sleep(READY_MS))]);
    if (!end) throw new Error(`${name} does not listen: ${said}`);
    yield* provide(port);
  });
}

function* whenListening(port: number): Operation<boolean> {
  while (!(yield* canConnect(port))) yield* sleep(20);
  return true;
}

function* whenEnded(operation: () => Operation<unknown>): Operation<boolean> {
  yield* operation();
  return false;
}

function canConnect(port: number): Operation<boolean> {
  return action((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    return () => socket.destroy();
  }, "canConnect");
}
