/** Tenants: those that this tab can show, and how to add one. */

import { demoKeys, forgetTenant, keptKeys, session, showTenant } from '../../data/session.ts';
import { createSnippet } from '../../data/snippets.ts';
import { KeyForm } from '../../frame/key-form.tsx';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { Snippet } from '../../parts/copy.tsx';
import { Table } from '../../parts/table.tsx';

export function Tenants() {
  const ids = [...new Set(keptKeys.value.map(({ tenant }) => tenant))];
  const rows = ids.map((id) => {
    const own = keptKeys.value.filter(({ tenant }) => tenant === id);
    return { id, name: own[0]!.name, timezone: own[0]!.timezone, scopes: own.map(({ scope }) => scope) };
  });
  return (
    <>
      <Card title="Tenants of this tab">
        <Table
          caption="Tenants of this tab"
          rows={rows}
          keyOf={({ id }) => id}
          columns={[
            { title: 'Tenant', render: ({ name, id }) => `${name} (${id})` },
            { title: 'Time zone', render: ({ timezone }) => timezone },
            { title: 'Keys of this tab', render: ({ scopes }) => scopes.join(', ') },
            {
              title: <span class="sr">Actions</span>,
              isNumber: true,
              render: ({ id }) => (
                <>
                  {id === session.value?.tenant ? (
                    <span class="badge good">shown</span>
                  ) : (
                    <Button kind="quiet" onClick={() => showTenant(id)}>
                      Show
                    </Button>
                  )}
                  {id !== demoKeys.value?.tenant && (
                    <Button kind="quiet" onClick={() => forgetTenant(id)}>
                      Forget
                    </Button>
                  )}
                </>
              ),
            },
          ]}
        />
      </Card>
      <Card title="Open another tenant">
        <p>A key stays in this tab. An admin key of a tenant that is open already lets you save and change things.</p>
        <KeyForm />
      </Card>
      <Card title="Create a tenant">
        <p>With the root key, from a terminal: this page takes no root key. The time zone is chosen here for good.</p>
        <Snippet text={createSnippet(location.origin)} />
      </Card>
    </>
  );
}
