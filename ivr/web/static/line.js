// The telephone line's two ends at 8 kHz: 20 ms of the microphone a message, and what is played, with its marks.
// What goes in: {audio: Float32Array}, {mark: name}, {clear: true}. What comes out: {frame, spoken} or {mark: name}.

const LINE_HZ = 8000;
const FRAME_SAMPLES = 160;

class Line extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = LINE_HZ / sampleRate;
    this.queue = [];
    this.position = 0;
    this.between = [0, 0];
    this.playPhase = this.hearPhase = 0;
    this.heard = { sum: 0, count: 0 };
    this.frame = [];
    this.spoken = 0;
    this.port.onmessage = ({ data }) => (data.clear ? this.clear() : this.queue.push(data));
  }

  // A clear returns every mark at once, as Twilio's does.
  clear() {
    const marks = this.queue.filter((entry) => entry.mark !== undefined);
    this.queue = [];
    this.position = 0;
    for (const mark of marks) this.port.postMessage(mark);
  }

  process([[microphone]], [[speaker]]) {
    for (let at = 0; at < speaker.length; at++) {
      speaker[at] = this.play();
      this.hear(microphone ? microphone[at] : 0);
    }
    return true;
  }

  // Linear interpolation between the line's samples.
  play() {
    this.playPhase += this.step;
    while (this.playPhase >= 1) {
      this.playPhase -= 1;
      this.between = [this.between[1], this.next()];
    }
    const [before, after] = this.between;
    const sample = before + (after - before) * this.playPhase;
    this.spoken = Math.max(this.spoken, Math.abs(sample));
    return sample;
  }

  next() {
    while (this.queue.length) {
      const entry = this.queue[0];
      if (entry.mark !== undefined) this.port.postMessage(entry);
      else if (this.position < entry.audio.length) return entry.audio[this.position++];
      this.queue.shift();
      this.position = 0;
    }
    return 0;
  }

  // The mean of the microphone's samples that fall into one of the line's.
  hear(sample) {
    this.heard.sum += sample;
    this.heard.count += 1;
    this.hearPhase += this.step;
    if (this.hearPhase < 1) return;
    this.hearPhase -= 1;
    this.frame.push(this.heard.sum / this.heard.count);
    this.heard = { sum: 0, count: 0 };
    if (this.frame.length === FRAME_SAMPLES) {
      this.port.postMessage({ frame: this.frame, spoken: this.spoken });
      this.frame = [];
      this.spoken = 0;
    }
  }
}

registerProcessor("line", Line);
