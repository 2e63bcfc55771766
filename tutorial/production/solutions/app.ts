import type { AppContext } from "effection-switchboard";
import express, { type Express } from "express";

/** Counts its visitors. Try it: `npm start -- tutorial/production/solutions/app.ts`. */
export default function createApp({ hostname }: AppContext): Express {
  let visitors = 0;
  return express().get("/", (_request, response) => {
    visitors += 1;
    response.send(`${hostname}: visitor ${visitors}\n`);
  });
}
