import type { Sound } from './ear';

/** Plays a sound into `out`, from the instant `at` of the context's clock on. */
export type Voice = (context: BaseAudioContext, out: AudioNode, at: number) => void;

/** What a gain begins and ends at: it cannot ramp to nothing exponentially. */
const silence = 0.0001;

interface Envelope {
  peak: number;
  /** In seconds. */
  attack: number;
  decay: number;
}

/** Knuckles on oak: a short low knock with a little of the hand in it. */
const tap: Voice = (context, out, at) => {
  tone(context, out, at, { from: 240, to: 150, peak: 0.8, attack: 0.002, decay: 0.11 });
  tone(context, out, at, { from: 610, to: 480, peak: 0.25, attack: 0.001, decay: 0.05 });
  noise(context, out, at, { filter: 'bandpass', from: 1_600, q: 1.2, peak: 0.5, attack: 0.001, decay: 0.03 });
};

/** The brass bell above the bar: the partials of a bell, the higher the shorter. */
const bell: Voice = (context, out, at) => {
  const strike = 740;
  const partials: [number, number, number][] = [
    [0.5, 0.22, 2.4],
    [1, 0.3, 2],
    [1.19, 0.16, 1.5],
    [2, 0.14, 1.1],
    [2.74, 0.08, 0.8],
    [4.07, 0.05, 0.5],
  ];
  for (const [ratio, peak, decay] of partials) {
    tone(context, out, at, { from: strike * ratio, peak, attack: 0.003, decay });
  }
};

/** A chord that opens up. */
const swell: Voice = (context, out, at) => {
  for (const [index, from] of [196, 246.9, 293.7, 392].entries()) {
    tone(context, out, at + index * 0.06, { wave: 'triangle', from, peak: 0.16, attack: 0.5, decay: 1.1 });
  }
  noise(context, out, at, {
    filter: 'lowpass',
    from: 300,
    to: 2_400,
    q: 0.5,
    peak: 0.05,
    attack: 0.55,
    decay: 0.7,
  });
};

/** A pub that is pleased: many throats that rise and fall, and hands. */
const cheer: Voice = (context, out, at) => {
  for (let throat = 0; throat < 14; throat += 1) {
    const start = at + Math.random() * 0.35;
    const pitch = 150 + Math.random() * 190;
    const voice = filtered(context, out, { filter: 'bandpass', from: 650 + Math.random() * 700, q: 2.5 });
    tone(context, voice, start, {
      wave: 'sawtooth',
      from: pitch,
      to: pitch * (1.15 + Math.random() * 0.35),
      peak: 0.2,
      attack: 0.18 + Math.random() * 0.2,
      decay: 1.8 + Math.random() * 1.6,
    });
  }
  noise(context, out, at, {
    filter: 'bandpass',
    from: 900,
    to: 1_500,
    q: 0.7,
    peak: 0.3,
    attack: 0.4,
    decay: 2.2,
  });
  for (let clap = 0; clap < 60; clap += 1) {
    const from = 1_000 + Math.random() * 1_600;
    const peak = 0.12 + Math.random() * 0.2;
    const when = at + 0.3 + Math.random() * 2.2;
    noise(context, out, when, { filter: 'bandpass', from, q: 1.5, peak, attack: 0.001, decay: 0.04 });
  }
};

export const voices: Readonly<Record<Sound, Voice>> = { tap, bell, swell, cheer };

interface Tone extends Envelope {
  wave?: OscillatorType;
  /** In hertz; with `to`, it glides there. */
  from: number;
  to?: number;
}

function tone(
  context: BaseAudioContext,
  out: AudioNode,
  at: number,
  { wave = 'sine', ...shape }: Tone,
): void {
  const source = new OscillatorNode(context, { type: wave, frequency: shape.from });
  const end = at + shape.attack + shape.decay;
  if (shape.to !== undefined) {
    source.frequency.setValueAtTime(shape.from, at);
    source.frequency.exponentialRampToValueAtTime(shape.to, end);
  }
  source.connect(enveloped(context, out, at, shape));
  source.start(at);
  source.stop(end);
}

interface Filter {
  filter: BiquadFilterType;
  from: number;
  to?: number;
  q: number;
}

function noise(context: BaseAudioContext, out: AudioNode, at: number, shape: Envelope & Filter): void {
  const source = new AudioBufferSourceNode(context, { buffer: hiss(context), loop: true });
  const end = at + shape.attack + shape.decay;
  const filter = filtered(context, enveloped(context, out, at, shape), shape);
  if (shape.to !== undefined) {
    filter.frequency.setValueAtTime(shape.from, at);
    filter.frequency.exponentialRampToValueAtTime(shape.to, end);
  }
  source.connect(filter);
  source.start(at, Math.random());
  source.stop(end);
}

function filtered(context: BaseAudioContext, out: AudioNode, { filter, from, q }: Filter): BiquadFilterNode {
  const node = new BiquadFilterNode(context, { type: filter, frequency: from, Q: q });
  node.connect(out);
  return node;
}

function enveloped(context: BaseAudioContext, out: AudioNode, at: number, shape: Envelope): GainNode {
  const node = new GainNode(context, { gain: silence });
  node.gain.setValueAtTime(silence, at);
  node.gain.exponentialRampToValueAtTime(shape.peak, at + shape.attack);
  node.gain.exponentialRampToValueAtTime(silence, at + shape.attack + shape.decay);
  node.connect(out);
  return node;
}

const hisses = new WeakMap<BaseAudioContext, AudioBuffer>();

/** A second of white noise. */
function hiss(context: BaseAudioContext): AudioBuffer {
  const known = hisses.get(context);
  if (known) return known;
  const buffer = new AudioBuffer({ length: context.sampleRate, sampleRate: context.sampleRate });
  const samples = buffer.getChannelData(0);
  for (let index = 0; index < samples.length; index += 1) samples[index] = Math.random() * 2 - 1;
  hisses.set(context, buffer);
  return buffer;
}
