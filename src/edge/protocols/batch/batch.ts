/**
 * Batch: the path that Amplitude and PostHog share. The body decides: Amplitude's has `events`, PostHog's has `batch`.
 *
 * A refusal before the body is known has Amplitude's form, whose SDKs read it; PostHog's look at the status alone.
 */
import { z } from 'zod';
import { ok } from '../../../core/std/result.ts';
import {
  AMPLITUDE,
  amplitudeAnswerSchema,
  amplitudeBodySchema,
  answerAmplitude,
  decodeAmplitude,
  isAmplitude,
  refuseAmplitude,
} from '../amplitude/amplitude.ts';
import { readPacked } from '../kit/packed.ts';
import { decodePosthog, POSTHOG_BODY } from '../posthog/body.ts';
import { answerPosthog, POSTHOG, posthogAnswerSchema, posthogBodySchema } from '../posthog/posthog.ts';
import type { EventCall, Protocol } from '../protocol.ts';

const batchCall: EventCall = {
  methods: ['POST'],
  paths: ['/batch', '/batch/'],
  summary: "Amplitude's and PostHog's batches",
  body: POSTHOG_BODY,
  bodySchema: z.union([amplitudeBodySchema, posthogBodySchema]),
  answerSchema: z.union([amplitudeAnswerSchema, posthogAnswerSchema]),
  keyOf: () => null,
  decode(request) {
    const packed = readPacked(request);
    if (!packed.ok) return packed;
    if (isAmplitude(packed.value)) return decodeAmplitude(packed.value);
    const batch = decodePosthog(request, packed.value);
    return batch.ok ? ok({ ...batch.value, source: POSTHOG }) : batch;
  },
  answer: (taken) => (taken.batch.source === AMPLITUDE ? answerAmplitude(taken) : answerPosthog(taken)),
  refuse: refuseAmplitude,
};

/** Each request tells the source of its events. */
export const batchProtocol: Protocol = { source: 'batch', calls: [batchCall] };
