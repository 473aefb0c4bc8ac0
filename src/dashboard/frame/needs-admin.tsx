/** Needs admin: stands in the place of an action that the key of the session does not allow, and takes one that does. */
import type { ComponentChildren } from 'preact';
import { demoKeys, isAdmin, session } from '../data/session.ts';
import { KeyForm } from './key-form.tsx';

interface NeedsAdminProps {
  /** What the key is needed for: "to save an insight". */
  readonly purpose: string;
  /** What is shown once the session has an admin key. */
  readonly children: ComponentChildren;
}

export function NeedsAdmin({ purpose, children }: NeedsAdminProps) {
  if (isAdmin.value) return <>{children}</>;
  const isDemo = demoKeys.value?.tenant === session.value?.tenant;
  return (
    <div class="needs-admin">
      <p>An admin key is needed {purpose}. It stays in this tab.</p>
      {isDemo && (
        <p class="muted small">
          That of the demo tenant is in the state folder: <code>.tidemark/keys.json</code>, at{' '}
          <code>tenants.demo.admin</code>.
        </p>
      )}
      <KeyForm label="Admin key" placeholder="tm_admin_…" />
    </div>
  );
}
