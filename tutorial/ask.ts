import { get, type IncomingMessage } from "node:http";

/** What a port answers to a GET: the text, or the code of the error. */
export function ask(port: number, path = "/", hostname = "127.0.0.1"): Promise<string> {
  return new Promise((resolve) => {
    const onResponse = (response: IncomingMessage) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(text.trim()));
      response.on("error", (error) => resolve(error.message));
    };
    get({ port, path, host: "127.0.0.1", agent: false, headers: { host: hostname } }, onResponse).on(
      "error",
      (error) => {
        resolve(String((error as NodeJS.ErrnoException).code));
      },
    );
  });
}
