// What OpenAI's client for Node makes of Claude behind a gateway. Arguments: address, a PNG in base64. Prints JSON.
import OpenAI from "openai";

const [address, data] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: "sk-ant-1", maxRetries: 0 });
const image = { type: "image_url", image_url: { url: `data:image/png;base64,${data}` } };
const tools = ["weather", "clock"].map((name) => ({ type: "function", function: { name, parameters: { type: "object" } } }));
const ask = (content, more = {}) => ({ model: "claude-haiku-4-5", messages: [{ role: "user", content }], ...more });
const fake = (knobs) => ({ headers: { "X-Fake": knobs } });

const whole = await client.chat.completions.create(ask([image]));
const stream = client.chat.completions.stream(ask([image], { tools }), fake("thinking,tools"));
const { message, finish_reason } = (await stream.finalChatCompletion()).choices[0];
const error = await client.chat.completions.create(ask("hi"), fake("overloaded")).catch((raised) => raised);
const broken = await client.chat.completions
  .stream(ask([image]), fake("error"))
  .finalChatCompletion()
  .catch((raised) => raised);

console.log(
  JSON.stringify({
    text: whole.choices[0].message.content,
    saved: whole.token0.tokens_saved,
    calls: message.tool_calls.map((call) => [call.id, JSON.parse(call.function.arguments)]),
    finish: finish_reason,
    error: [error.constructor.name, error.status],
    broken: broken instanceof Error,
  }),
);
