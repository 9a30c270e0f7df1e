import json, io, uuid
import pytest
from django.test import Client
from django.urls import reverse, get_resolver
from tests.factories import *
from tests.signed_in import client_of
from annotators import enrolment
from annotators.models import *
from collection.models import *
from collection import study_file, withdrawal, conversation
from django.utils import timezone
pytestmark = pytest.mark.django_db

def bad(c): c.raise_request_exception=False; return c

def researcher(study):
    u=UserFactory(); study.researchers.add(u); c=Client(raise_request_exception=False); c.force_login(u); return c

def show(*a): print('PROBE',*a)

def test_api_deep_json():
    t=TurnFactory(); c=bad(client_of(t.task.annotator))
    for body in ['['*100000, '{"message":'*50000, '"\\ud800"', '{"message":"a\\ud800","idempotency_key":"%s"}'%uuid.uuid4(), '{"message":"a\\u0000","idempotency_key":"x"}', '[]','null','{"choice":'+'9'*5000+'}','{"choice":'+'9'*4000+',"idempotency_key":"%s"}'%uuid.uuid4()]:
        r=c.post(reverse('api_comparison',args=[t.pk]),body,content_type='application/json'); show('cmp',body[:20],r.status_code,r.content[:100])
        r=c.put(reverse('api_draft',args=[t.task_id]),body,content_type='application/json'); show('draft',body[:20],r.status_code,r.content[:100])
    r=c.put(reverse('api_draft',args=[t.task_id]),'{"turn_number":'+'9'*4000+'}',content_type='application/json'); show('draftnum',r.status_code,r.content[:100])
    for p in ['/api/turns/99999999999999999999/comparison','/api/tasks/%s/draft'%('9'*5000),'/tasks/99999999999999999999/','/turns/%d/report/99999999999/'%t.pk]:
        r=c.get(p); show(p[:40],r.status_code)

def test_forms_nul():
    t=TaskFactory(own=True); c=bad(client_of(t.annotator))
    for m in ['hello\0 there','hello\ud800 there'.encode('utf-8','surrogatepass'), 'a\U0001F600', 'a'*1_000_000]:
        r=c.post(reverse('send_message',args=[t.pk]),{'key':str(uuid.uuid4()),'message':m}); show('msg',repr(m)[:30],r.status_code,list(Turn.objects.values_list('message',flat=True)))
        Turn.objects.all().delete()
    r=c.post(reverse('send_message',args=[t.pk]),{'key':str(uuid.uuid4()),'message':'a'*6_000_000}); show('6MB',r.status_code,r.content[:60])
    r=c.post(reverse('send_message',args=[t.pk]),{f'f{i}':'' for i in range(3000)}); show('fields',r.status_code,r.content[:200])
    r=c.post(reverse('save_draft',args=[t.pk]),{'message':'a\0b'*10}); show('draft',r.status_code,Draft.objects.values())
    turn=TurnFactory(); c=bad(client_of(turn.task.annotator))
    r=c.post(reverse('compare',args=[turn.pk]),{'key':str(uuid.uuid4()),'choice':'0','explanation':'a\0b because'}); show('cmpnul',r.status_code, 'Null' in r.content.decode())
    r=c.post(reverse('report_candidate',args=[turn.pk,0]),{'reason':'a\0b because'}); show('report nul',r.status_code)

def test_yaml():
    study=StudyFactory(); c=researcher(study)
    base=study_file.write(study)
    for name,(a,b) in {'bigint':('overlap: 5','overlap: '+'1'*5000),'date':('overlap: 5','overlap: 2001-99-99'),'date2':('title: Everyday questions','title: 2001-02-31'),'nul':('title: Everyday questions','title: "a\\0b"'),'sur':('title: Everyday questions','title: "a\\ud800b"'),'float':('overlap: 5','overlap: !!float foo'),'int':('overlap: 5','overlap: !!int foo'),'bin':('overlap: 5','overlap: !!binary "@@@"'),'py':('overlap: 5','overlap: !!python/object/apply:os.system ["true"]'),'set':('overlap: 5','overlap: !!set {a, b}'),'omap':('overlap: 5','overlap: !!omap [a: 1]'),'key':('overlap: 5','overlap: 5\n1: 2\n[a, b]: 3\n? {x: y}\n: 3'),'merge':('overlap: 5','overlap: 5\n<<: {a: 1}'),'merge2':('overlap: 5','overlap: 5\n<<: 1'),'deep':('overlap: 5','overlap: '+'['*5000),'deep2':('overlap: 5','overlap: '+'{a: '*300+'}'*300),'lang':("- en\n","- en\n- averyverylonglanguage\n"),'sexa':('overlap: 5','overlap: 1:99:99999999999999999999999999'),'inf':('overlap: 5','overlap: .inf'),'nan':('overlap: 5','overlap: .nan'),'bignum':('overlap: 5','overlap: 1e999'),'hex':('overlap: 5','overlap: 0x'+'f'*9000),'tag':('overlap: 5','overlap: !foo bar'),'dir':('overlap: 5','overlap: 5\n%YAML 9.9\n---\n'),'yml':('overlap: 5','overlap: 5\n--- a\n--- b\n'),'consentlang':("texts:\n      en:","texts:\n      en-very-long-x: bar\n      en:"),'emptytext':("text:\n      en: How old are you?","text: {}")}.items():
        text=base.replace(a,b,1)
        if text==base: show('yaml',name,'NOT REPLACED'); continue
        try:
            r=c.post(reverse('edit_study',args=[study.slug]),{'text':text}); show('yaml',name,r.status_code)
        except Exception as e: show('yaml',name,'EXC',repr(e)[:200])
    show(base)

def test_prompts():
    study=StudyFactory(); c=researcher(study)
    from django.core.files.uploadedfile import SimpleUploadedFile as F
    good={"language":"en","text":"How?"}
    rows={'cand5':{**good,"candidates":5},'canddict':{**good,"candidates":{"a":1}},'candnull':{**good,"candidates":None},'key nul':{**good,"key":"a\0"},'topic nul':{**good,"topic":"a\0"},'group':{**good,"group":"a\0"},'sur':{**good,"text":"a\ud800"},'keysur':{**good,"key":"\ud800"},'authornul':{**good,"candidates":[{"text":t,"author":"x\0"} for t in ANSWERS['en']]},'labelnul':{**good,"candidates":[{"text":t,"labels":["x\0"]} for t in ANSWERS['en']]},'big':{**good,"text":"x"*30000},'brace':{**good,"key":"{0}{x}"},'bracetwice':{**good,"text":"other","key":"{0}{x}"},'textnone':{"language":"en","text":None},'intkey':{**good,"key":5}, 'lang':{'language':'en\n','text':'x y'}}
    for name,row in rows.items():
        Prompt.objects.filter(study=study).exclude(key="{0}{x}").delete() if not Item.objects.exclude(candidate_set=None).exists() else None
        r=c.post(reverse('upload_prompts',args=[study.slug]),{'file':F('x.jsonl',json.dumps(row).encode())}); show('jsonl',name,r.status_code)
    for nm,raw in {'deep.jsonl':b'['*200000,'big.jsonl':b'{"language":"en","text":"'+b'a'*1_500_000+b'"}','nul.csv':b'language,text\nen,a\0b\n','e.csv':b'','deep.csv':b'language,text,candidates\nen,a,'+b'['*100000+b'\n','bad.csv':b'language,text\n"en,a\n','cols.csv':b','.join(b'c%d'%i for i in range(20000))+b'\n1\n','x.parquet':b'PAR1abcPAR1','é\n"x.jsonl':b'{}','utf16.csv':'language,text\nen,x'.encode('utf-16'),'int.jsonl':b'{"language":"en","text":'+b'9'*5000+b'}','a.b.JSONL':b'{"language":"en","text":"Q"}','.csv':b'language,text\nen,q7\n','x.jsonl':b'{"language":"en","text":"x","{0}":1}', 'nan.jsonl':b'{"language":"en","text":NaN}','csvcand.csv':b'language,text,candidates\nen,abc,5\n'}.items():
        r=c.post(reverse('upload_prompts',args=[study.slug]),{'file':F(nm,raw)}); show('upload',nm,r.status_code)
    import pyarrow as pa, pyarrow.parquet as pq, datetime, decimal
    for nm,t in {'dup':pa.table([pa.array(['en']),pa.array(['x'])],names=['language','language']),'types':pa.table({'language':['en'],'text':[b'\xff\xfe']}),'ts':pa.table({'language':['en'],'text':pa.array([2**62],pa.timestamp('s'))}),'dur':pa.table({'language':['en'],'text':pa.array([2**62],pa.duration('s'))}),'date':pa.table({'language':['en'],'text':pa.array([2**30],pa.date32())}),'map':pa.table({'language':['en'],'text':pa.array([[('a',1)]],pa.map_(pa.string(),pa.int64()))}),'badutf':pa.table({'language':['en'],'text':pa.array([b'\xff\xfe']).cast(pa.string(),safe=False) if False else pa.StringArray.from_buffers(1,pa.py_buffer(b'\0\0\0\0\2\0\0\0'),pa.py_buffer(b'\xff\xfe'))})}.items():
        s=io.BytesIO(); pq.write_table(t,s)
        r=c.post(reverse('upload_prompts',args=[study.slug]),{'file':F(nm+'.parquet',s.getvalue())}); show('parquet',nm,r.status_code)

def test_headers():
    turn=TurnFactory(); a=bad(client_of(turn.task.annotator)); s=turn.task.study; r=researcher(s); anon=Client(raise_request_exception=False)
    for who,c,urls in [('anon',anon,['/','/sign-in/','/join/x/','/return/x/','/nope/','/withdrawn/','/health/','/api/schema/','/studies/','/api/next','/i18n/setlang/']),('ann',a,['/tasks/',f'/tasks/{turn.task_id}/','/about-you/','/withdraw/','/finished/','/your-link/','/tasks/999/']),('res',r,['/studies/',f'/studies/{s.slug}/',f'/studies/{s.slug}/file/',f'/studies/{s.slug}/file.yaml',f'/studies/{s.slug}/releases/',f'/studies/{s.slug}/progress/',f'/studies/{s.slug}/preview/en/',f'/api/studies/{s.slug}/releases/','/studies/nope/',f'/studies/{s.slug}/state/'])]:
        for u in urls:
            x=c.get(u); show(who,u,x.status_code,'CSP' if x.headers.get('Content-Security-Policy') else 'NOCSP',x.headers.get('X-Frame-Options'),x.headers.get('Referrer-Policy'),x.headers.get('Cache-Control'),x.headers.get('X-Content-Type-Options'),x.headers.get('Vary'),len(x.content))

def test_xss_redirect():
    c=Client()
    for n in ['//evil.com','https://evil.com','/\\evil.com','javascript:alert(1)','http:///evil','/ok/']:
        show('setlang',n,c.post('/i18n/setlang/',{'language':'fr','next':n}).headers['Location'])
        show('setlang hdr',c.post('/i18n/setlang/',{'language':'fr'},headers={'Referer':n}).headers['Location'])
    u=UserFactory(); u.set_password('a long enough password'); u.save()
    for n in ['//evil.com','https://evil.com','/\\evil.com','javascript:alert(1)','\thttps://evil.com']:
        c=Client(); show('signin',n,c.post('/sign-in/',{'username':u.username,'password':'a long enough password','next':n}).headers['Location'])
    c.force_login(u); show(c.get('/sign-in/?next=//evil.com').headers['Location'], c.post('/sign-out/',{'next':'//evil.com'}).headers['Location'])

def test_withdraw_race():
    turn=TurnFactory(); p=turn.task.annotator
    withdrawal.withdraw(annotator=p,now=timezone.now())
    try:
        conversation.report(turn=turn,place=0,reason='secret',now=timezone.now()); show('report after withdraw', Report.objects.values('reason'))
    except Exception as e: show(repr(e))
    tok=enrolment.new_return_link(annotator=p); show('link', enrolment.find_returning(token=tok))
    a=AnnotatorFactory(); ConsentText.objects.create(panel=a.panel,version='2',language='en',text='new'); 

def test_ranges():
    from exports import downloads
    from django.test import RequestFactory
    import pathlib
    p=pathlib.Path('/tmp/abuse/f.csv'); p.write_text('hello')
    for h in ['bytes=0-'+'9'*5000,'bytes=-'+'9'*5000,'bytes=-0','bytes=9-','bytes=3-1']:
        try: show('range',h[:12],downloads.file_response(RequestFactory().get('/',HTTP_RANGE=h),p,tag='x').status_code)
        except Exception as e: show('range',h[:12],repr(e)[:100])
