import type { AppContext } from "effection-switchboard";
import express, { type Express } from "express";

/** What the examples test: a shop for each hostname. */
export default function createShop({ hostname }: AppContext): Express {
  return express()
    .get("/", (_request, response) => void response.send(`<title>${hostname}</title><h1>Welcome to ${hostname}</h1>`))
    .get("/cart", (_request, response) => void response.json({ shop: hostname, items: [] }));
}
