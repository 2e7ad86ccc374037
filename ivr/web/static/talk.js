// A telephone in the browser: it speaks Twilio's webhooks, TwiML and media stream to the server that this page came from.

const FRAME_MS = 20;
const RINGS_MS = 4000;
const TO = "+12025550100";

const $ = (id) => document.getElementById(id);
const tell = (text) => ($("status").textContent = text);

// Mu-law (ITU-T G.711)

function encode(sample) {
  const value = Math.max(-32635, Math.min(32635, Math.round(sample * 32768)));
  const magnitude = Math.abs(value) + 0x84;
  const exponent = 24 - Math.clz32(magnitude);
  return ~((value < 0 ? 0x80 : 0) | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
}

function decode(code) {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return (bits & 0x80 ? -magnitude : magnitude) / 32768;
}

const toBase64 = (codes) => btoa(String.fromCharCode(...codes));
const fromBase64 = (text) => Float32Array.from(atob(text), (letter) => decode(letter.charCodeAt(0)));

class Telephone {
  constructor() {
    this.sid = "CA" + [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.from = `+1202555${String(100 + Math.floor(Math.random() * 100)).padStart(4, "0")}`;
    this.over = false;
  }

  async open() {
    const echoless = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    this.microphone = await navigator.mediaDevices.getUserMedia({ audio: echoless });
    this.sound = new AudioContext();
    await this.sound.audioWorklet.addModule("/static/line.js");
    this.line = new AudioWorkletNode(this.sound, "line", { numberOfInputs: 1, outputChannelCount: [1] });
    this.sound.createMediaStreamSource(this.microphone).connect(this.line).connect(this.sound.destination);
    this.line.port.onmessage = ({ data }) => (data.frame ? this.carry(data) : this.send({ event: "mark", mark: { name: data.mark } }));
  }

  async call() {
    let twiml = await this.post("/voice/incoming", { CallStatus: "ringing" });
    while (twiml && !this.over) twiml = await this.follow(twiml);
    await this.post("/voice/status", { CallStatus: "completed" });
  }

  async post(path, form) {
    const body = new URLSearchParams({ CallSid: this.sid, From: this.from, To: TO, ...form });
    const answer = await fetch(path, { method: "POST", body });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
    return answer.text();
  }

  // Do what a TwiML document says; returns the next one, or nothing once the call is over.
  async follow(twiml) {
    for (const verb of new DOMParser().parseFromString(twiml, "text/xml").documentElement.children) {
      const action = verb.getAttribute("action") && new URL(verb.getAttribute("action")).pathname;
      if (verb.tagName === "Say") await say(verb.textContent, verb.getAttribute("language"));
      if (verb.tagName === "Connect") {
        await this.stream(verb.querySelector("Stream"));
        return this.over ? null : this.post(action, {});
      }
      if (verb.tagName === "Dial") {
        tell(`The front desk's telephone rings (${verb.textContent.trim()}). On this page nobody answers it.`);
        await new Promise((done) => setTimeout(done, RINGS_MS));
        return this.over ? null : this.post(action, { DialCallStatus: "no-answer" });
      }
    }
    return null;
  }

  // Carry the call's sound over a media stream; returns when that is closed.
  stream(ordered) {
    const parameters = [...ordered.querySelectorAll("Parameter")].map((one) => [one.getAttribute("name"), one.getAttribute("value")]);
    const address = new URL(new URL(ordered.getAttribute("url")).pathname, location.href);
    address.protocol = location.protocol.replace("http", "ws");
    this.streamSid = this.sid.replace("CA", "MZ");
    this.frames = 0;
    const socket = new WebSocket(address);
    return new Promise((closed) => {
      socket.onopen = () => {
        this.socket = socket;
        this.send({ event: "connected", protocol: "Call", version: "1.0.0" });
        this.send({
          event: "start",
          start: {
            streamSid: this.streamSid,
            accountSid: "AC" + "0".repeat(32),
            callSid: this.sid,
            tracks: ["inbound"],
            mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
            customParameters: Object.fromEntries(parameters),
          },
        });
        tell("You are connected.");
      };
      socket.onmessage = ({ data }) => this.obey(JSON.parse(data));
      socket.onclose = () => {
        this.socket = null;
        this.line.port.postMessage({ clear: true });
        closed();
      };
    });
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ streamSid: this.streamSid, ...message }));
  }

  carry({ frame, spoken }) {
    $("you").value = Math.max(...frame.map(Math.abs));
    $("lilly").value = spoken;
    const timestamp = String(this.frames * FRAME_MS);
    this.frames += 1;
    const payload = toBase64(frame.map(encode));
    this.send({ event: "media", media: { track: "inbound", chunk: String(this.frames), timestamp, payload } });
  }

  obey(message) {
    if (message.event === "media") this.line.port.postMessage({ audio: fromBase64(message.media.payload) });
    if (message.event === "mark") this.line.port.postMessage({ mark: message.mark.name });
    if (message.event === "clear") this.line.port.postMessage({ clear: true });
  }

  press(digit) {
    this.send({ event: "dtmf", dtmf: { track: "inbound_track", digit } });
  }

  hangUp() {
    this.over = true;
    this.send({ event: "stop", stop: { accountSid: "AC" + "0".repeat(32), callSid: this.sid } });
    this.socket?.close();
  }

  close() {
    for (const track of this.microphone?.getTracks() ?? []) track.stop();
    this.sound?.close();
  }
}

// Twilio's own voice, as well as the browser has one.
function say(text, language) {
  tell(text);
  return new Promise((done) => {
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.lang = language ?? "en-US";
    utterance.onend = utterance.onerror = done;
    setTimeout(done, 15000);
    speechSynthesis.speak(utterance);
  });
}

let telephone = null;

function show(calling) {
  $("call").hidden = calling;
  $("hang-up").hidden = !calling;
  for (const key of $("keypad").children) key.disabled = !calling;
  $("you").value = $("lilly").value = 0;
}

async function place() {
  telephone = new Telephone();
  show(true);
  tell("Calling …");
  try {
    await telephone.open();
    await telephone.call();
    tell("The call is over.");
    $("trace").querySelector("code").textContent = `python -m ivr trace ${telephone.sid}`;
    $("trace").hidden = false;
  } catch (error) {
    tell(error.name === "NotAllowedError" ? "Lilly needs the microphone to hear you: allow it, and call again." : `No call: ${error.message}`);
  } finally {
    telephone.close();
    show(false);
  }
}

for (const digit of "123456789*0#") {
  const key = document.createElement("button");
  key.textContent = digit;
  key.onclick = () => telephone.press(digit);
  $("keypad").append(key);
}
$("call").onclick = place;
$("hang-up").onclick = () => telephone.hangUp();
show(false);
