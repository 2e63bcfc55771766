/** What is used of autocannon, which comes without types. */
declare module "autocannon" {
  interface Client {
    setRequests(requests: { method: string; path: string; headers: Record<string, string> }[]): void;
  }
  interface Options {
    url: string;
    connections: number;
    duration: number;
    setupClient?(client: Client): void;
    headers?: Record<string, string>;
    workers?: number;
  }
  interface Result {
    requests: { total: number };
    latency: { p99: number };
    non2xx: number;
    errors: number;
    duration: number;
  }
  export default function autocannon(options: Options): Promise<Result>;
}
