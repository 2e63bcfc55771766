import { switchboardTest } from "effection-switchboard/testing";
import request from "supertest";
import createShop from "./shop.ts";

const test = switchboardTest({ app: createShop });

test("through the switchboard: any resolver will do, the Host field names the shop", async ({ switchboard }) => {
  await request(`http://127.0.0.1:${switchboard.port}`)
    .get("/cart")
    .set("Host", "books.localhost")
    .expect(200, { shop: "books", items: [] });
});

test("straight to the server of a hostname", async ({ pool }) => {
  const { server } = await pool.getOrCreate("books");
  await request(server).get("/cart").expect("content-type", /json/).expect(200, { shop: "books", items: [] });
});
