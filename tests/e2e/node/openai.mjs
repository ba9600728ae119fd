// One scenario with OpenAI's client for Node: node openai.mjs ADDRESS SCENARIO DATA_URL. Prints what it saw, as JSON.
import OpenAI from "openai";

const [address, scenario, url] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: "sk-test", maxRetries: 0 });

const chat = [{ role: "user", content: [{ type: "text", text: "hi" }, { type: "image_url", image_url: { url } }] }];
const input = [{ role: "user", content: [{ type: "input_text", text: "hi" }, { type: "input_image", image_url: url }] }];
const knob = (name) => ({ headers: { "X-Fake": name } });
const tools = [{ type: "function", function: { name: "weather", parameters: { type: "object", properties: {} } } }];

async function words(stream) {
  let text = "";
  let last;
  for await (const chunk of stream) {
    text += chunk.choices[0].delta.content ?? "";
    last = chunk;
  }
  return { text, saved: last.token0?.tokens_saved ?? null };
}

async function failure(promise) {
  try {
    await promise;
    return null;
  } catch (error) {
    return { name: error.constructor.name, status: error.status ?? null, code: error.code ?? null };
  }
}

const scenarios = {
  async text() {
    const messages = [{ role: "user", content: "hi" }];
    const answer = await client.chat.completions.create({ model: "gpt-4o", messages });
    return { text: answer.choices[0].message.content, saved: answer.token0 ?? null };
  },
  async image() {
    const answer = await client.chat.completions.create({ model: "gpt-4o", messages: chat });
    return { text: answer.choices[0].message.content, saved: answer.token0.tokens_saved };
  },
  async stream() {
    return words(await client.chat.completions.create({ model: "gpt-4o", messages: chat, stream: true }));
  },
  async helper() {
    const stream = client.chat.completions.stream({ model: "gpt-4o", messages: chat, tools }, knob("tools"));
    const final = await stream.finalChatCompletion();
    return final.choices[0].message.tool_calls.map((call) => call.function.arguments);
  },
  async responses() {
    const answer = await client.responses.create({ model: "gpt-4o", input });
    return { text: answer.output_text, saved: answer.token0.tokens_saved };
  },
  async responsesStream() {
    const stream = await client.responses.create({ model: "gpt-4o", input, stream: true });
    let last;
    for await (const event of stream) last = event;
    return { type: last.type, saved: last.token0.tokens_saved };
  },
  async responsesHelper() {
    const final = await client.responses.stream({ model: "gpt-4o", input }).finalResponse();
    return { text: final.output_text };
  },
  async limited() {
    return failure(client.chat.completions.create({ model: "gpt-4o", messages: chat }, knob("rate-limit")));
  },
  async unknown() {
    return failure(client.chat.completions.create({ model: "nobody", messages: chat }));
  },
  async cut() {
    return failure(
      client.chat.completions.create({ model: "gpt-4o", messages: chat, stream: true }, knob("cut")).then(words),
    );
  },
  async models() {
    const names = [];
    for await (const model of client.models.list()) names.push(model.id);
    return names;
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
