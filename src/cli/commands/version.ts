import type { Command } from "../command.ts";
import { readPackage } from "../package-facts.ts";
import { print } from "../terminal/print.ts";

export const version: Command = {
  name: "version",
  args: [],
  summary: "print the version",
  options: {},
  run: () => print(`${readPackage().version}\n`),
};
