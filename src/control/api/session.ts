import type { Auth } from "../auth.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import { Session } from "../schemas/system.ts";

/** Who asks. */
export function sessionEndpoints(auth: Auth, version: string): Endpoint[] {
  return [
    endpoint({
      method: "get",
      path: "/api/session",
      tag: "status",
      summary: "Who asks, and what they may do",
      description: "Whoever has no token is told what is possible without one; a wrong one is refused.",
      access: "open",
      status: 200,
      answer: Session,
      errors: [401],
      async handle({ request }) {
        const { role, local } = await auth.caller(request);
        return { role, canWrite: role === "operator", local, version };
      },
    }),
  ];
}
