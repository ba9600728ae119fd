// What Anthropic's client for Node makes of a gateway. Arguments: address, a PNG in base64. Prints JSON.
import Anthropic from "@anthropic-ai/sdk";

const [baseURL, data] = process.argv.slice(2);
const client = new Anthropic({ baseURL, apiKey: "sk-ant-1", maxRetries: 0 });
const image = { type: "image", source: { type: "base64", media_type: "image/png", data } };
const model = "claude-haiku-4-5";
const tools = ["weather", "clock"].map((name) => ({ name, input_schema: { type: "object" } }));
const ask = (content, more = {}) => ({ model, max_tokens: 9, messages: [{ role: "user", content }], ...more });
const fake = (knobs) => ({ headers: { "X-Fake": knobs } });

const whole = await client.messages.create(ask([image]));
const stream = client.messages.stream(ask([image], { tools }), fake("thinking,tools"));
const message = await stream.finalMessage();
let last;
for await (const event of await client.messages.create(ask([image], { stream: true }))) last = event;
const counted = await client.messages.countTokens({ model, messages: [{ role: "user", content: [image] }] });
const error = await client.messages.create(ask("hi"), fake("rate-limit")).catch((raised) => raised);
const broken = await client.messages.stream(ask([image]), fake("cut")).finalMessage().catch((raised) => raised);

console.log(
  JSON.stringify({
    text: whole.content[0].text,
    saved: whole.token0.tokens_saved,
    blocks: message.content.map((block) => block.type),
    input: message.content.filter((block) => block.type === "tool_use").map((block) => block.input),
    last: [last.type, last.token0.tokens_saved],
    counted: counted.input_tokens,
    error: [error.constructor.name, error.status, error.headers.get("retry-after")],
    broken: broken instanceof Error,
  }),
);
