export default function Page() {
  return <h1>cohorts</h1>;
}
