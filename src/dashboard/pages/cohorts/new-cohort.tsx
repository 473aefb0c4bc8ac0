/** New cohort: a definition built of rules, all of which must hold: what people did or did not do, and their traits. */
import { useState } from 'preact/hooks';
import { CohortForm } from '../../journeys/cohort-form.tsx';
import { PropertyPicker, StepEventPicker } from '../../journeys/pickers.tsx';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { SelectField, TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { defaultRule, isWhole, type Rule, type RuleKind, ruleName, whoOfRules } from './rules.ts';

export function NewCohort({ onDone }: { readonly onDone: () => void }) {
  const [rules, setRules] = useState<readonly Rule[]>([defaultRule('did')]);
  const change = (index: number, rule: Rule) => setRules(rules.map((one, i) => (i === index ? rule : one)));
  const whole = rules.filter(isWhole);
  const draft = { name: whole.map(ruleName).join(', '), who: whoOfRules(whole), isExact: true };
  return (
    <Card title="People who …" actions={<Button onClick={onDone}>Close</Button>}>
      <div class="stack">
        {rules.map((rule, index) => (
          <div key={index} class="sentence">
            {index > 0 && <span class="muted-word">and</span>}
            <RuleFields rule={rule} onChange={(changed) => change(index, changed)} />
            {rules.length > 1 && (
              <button
                type="button"
                class="button quiet"
                aria-label={`Remove rule ${index + 1}`}
                onClick={() => setRules(rules.filter((_, i) => i !== index))}
              >
                <Icon name="close" size={14} />
              </button>
            )}
          </div>
        ))}
        <div class="actions">
          <Button onClick={() => setRules([...rules, defaultRule('did')])}>Add a rule</Button>
        </div>
        {whole.length === rules.length && <CohortForm key={draft.name} draft={draft} />}
      </div>
    </Card>
  );
}

const KINDS: readonly { readonly value: RuleKind; readonly label: string }[] = [
  { value: 'did', label: 'did' },
  { value: 'not', label: 'did not do' },
  { value: 'trait', label: 'have the trait' },
];

function RuleFields({ rule, onChange }: { readonly rule: Rule; readonly onChange: (rule: Rule) => void }) {
  return (
    <>
      <SelectField
        label="Rule"
        isBare
        value={rule.kind}
        onChange={(kind) => onChange(defaultRule(kind as RuleKind))}
        options={KINDS}
      />
      {rule.kind === 'trait' ? (
        <TraitFields rule={rule} onChange={onChange} />
      ) : (
        <DidFields rule={rule} onChange={onChange} />
      )}
    </>
  );
}

type DidRule = Extract<Rule, { readonly kind: 'did' | 'not' }>;
type TraitRule = Extract<Rule, { readonly kind: 'trait' }>;

function DidFields({ rule, onChange }: { readonly rule: DidRule; readonly onChange: (rule: Rule) => void }) {
  return (
    <>
      <StepEventPicker value={rule.event} title="Event" onChoose={(event) => onChange({ ...rule, event })} />
      {rule.kind === 'did' && (
        <>
          <span class="muted-word">at least</span>
          <span class="number-field">
            <TextField
              label="Times"
              isBare
              type="number"
              min="1"
              value={String(rule.times)}
              onChange={(text) => onChange({ ...rule, times: Number(text) })}
            />
          </span>
          <span class="muted-word">times</span>
        </>
      )}
      <span class="muted-word">in the last</span>
      <span class="number-field">
        <TextField
          label="Days"
          isBare
          type="number"
          min="1"
          max="400"
          value={String(rule.days)}
          onChange={(text) => onChange({ ...rule, days: Number(text) })}
        />
      </span>
      <span class="muted-word">days</span>
    </>
  );
}

function TraitFields({ rule, onChange }: { readonly rule: TraitRule; readonly onChange: (rule: Rule) => void }) {
  return (
    <>
      <PropertyPicker
        value={rule.trait === '' ? null : rule.trait}
        title="Trait of people"
        none="choose"
        onChoose={(trait) => onChange({ ...rule, trait: traitName(trait ?? '') })}
      />
      <span class="muted-word">is</span>
      <TextField
        label="Value"
        isBare
        placeholder="pro"
        value={rule.value}
        onChange={(value) => onChange({ ...rule, value })}
      />
    </>
  );
}

/** A name without its place means a trait of people here. */
function traitName(name: string): string {
  return name === '' || name.startsWith('person.') ? name : `person.${name}`;
}
