/** Load from autocannon. `autocannon-load.ts <port> <hostnames> <seconds> <connections>` */
import autocannon from "autocannon";
import { report } from "./program.ts";

const [port = 0, hostnames = 1, seconds = 1, connections = 1] = process.argv.slice(2).map(Number);
const share = Math.ceil(hostnames / connections);
let next = 0;

const { requests, latency, non2xx, errors, duration } = await autocannon({
  url: `http://127.0.0.1:${port}`,
  connections,
  duration: seconds,
  // Each connection takes its own share of the names in turn, so that together they ask for all of them.
  setupClient(client) {
    const names = Array.from({ length: share }, () => `h${next++ % hostnames}.localhost`);
    client.setRequests(names.map((host) => ({ method: "GET", path: "/", headers: { host } })));
  },
});
report({ perSecond: requests.total / duration, failed: non2xx + errors, p99Ms: latency.p99 });
