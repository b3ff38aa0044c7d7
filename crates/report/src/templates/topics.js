(function(){
var box=document.getElementById('topic-data');if(!box)return;
var D=JSON.parse(box.textContent),say=D.say;
function id(name){return document.getElementById(name);}
var atlas=id('atlas'),panel=id('panel'),bars=id('bars'),slider=id('lambda'),more=id('panel-more'),where=id('where'),title=id('panel-title');
var maps=[].slice.call(document.querySelectorAll('.topic-map'));
var order=D.topics.map(function(_,i){return i;}).sort(function(a,b){return D.topics[b].share-D.topics[a].share||a-b;});
var picked=-1;
function fill(pattern,values){return pattern.replace(/\{(\w+)\}/g,function(_,name){return values[name];});}
function count(n){var s=String(Math.round(n));return s.length<D.least?s:s.replace(/\B(?=(\d{3})+$)/g,D.mark);}
function percent(p){return fill(say.percent,{n:p<0.0995?(p*100).toFixed(1):String(Math.round(p*100))});}
function element(tag,name,text){var e=document.createElement(tag);if(name)e.className=name;if(text!==undefined)e.textContent=text;return e;}
function toggle(e,name,on){e.classList[on?'add':'remove'](name);}
// Circles as large as the share of the word's occurrences that each topic has; back to shares of tokens without one.
function sizes(w){
var part={};if(w>=0)for(var i=0,p=D.words[w][2];i<p.length;i+=2)part[p[i]]=p[i+1]/1000;
maps.forEach(function(svg){
var widest=svg.viewBox.baseVal.width*0.15;toggle(svg,'word',w>=0);
[].forEach.call(svg.querySelectorAll('a'),function(a){
var c=a.querySelector('circle'),p=part[a.getAttribute('data-t')]||0;
c.setAttribute('r',w<0?c.getAttribute('data-r'):Math.max(1.5,widest*Math.sqrt(p)).toFixed(1));toggle(c,'gone',w>=0&&p===0);
});});
if(w<0){where.textContent='';return;}
var found=Object.keys(part).sort(function(a,b){return part[b]-part[a];}).slice(0,6);
where.textContent=found.length?fill(say.word,{word:'\u2068'+D.words[w][0]+'\u2069',topics:found.map(function(t){return fill(say.part,{topic:D.topics[t].n,share:percent(part[t])});}).join(', ')}):'';
}
function bar(w,own,all,most){
var li=element('li'),button=element('button'),rail=element('span','rail'),total=element('i','all');
button.type='button';button.appendChild(element('bdi','',D.words[w][0]));button.title=D.words[w][0];
total.style.width=(100*all/most)+'%';rail.appendChild(total);
if(own>=0){var part=element('i','own');part.style.width=(100*Math.min(own,all)/most)+'%';rail.appendChild(part);}
var figure=element('span','n-of',own>=0?count(own)+' / '+count(all):count(all));
li.title=own>=0?fill(say.of,{own:count(own),all:count(all)}):'';
button.addEventListener('focus',function(){li.classList.add('held');sizes(w);});
button.addEventListener('blur',function(){li.classList.remove('held');sizes(-1);});
li.addEventListener('mouseenter',function(){sizes(w);});
li.addEventListener('mouseleave',function(){sizes(-1);});
li.appendChild(button);li.appendChild(rail);li.appendChild(figure);return li;
}
// How much a word tells topics apart: p(w) times the divergence of p(t|w) from p(t) (Chuang and others, 2012).
function saliency(w){
for(var i=0,p=w[2],sum=0;i<p.length;i+=2){var q=p[i+1]/1000,s=D.topics[p[i]].share;if(q>0&&s>0)sum+=q*Math.log(q/s);}
return w[1]/D.tokens*sum;
}
function words(t){
var list=[],lambda=Number(slider.value);
if(t<0)D.words.forEach(function(w,i){list.push([saliency(w),i,-1]);});
else for(var i=0,w=D.topics[t].words;i<w.length;i+=3){
var p=w[i+1]/1e8,all=D.words[w[i]][1]/D.tokens;
if(p>0&&all>0)list.push([lambda*Math.log(p)+(1-lambda)*Math.log(p/all),w[i],w[i+2]]);
}
list.sort(function(a,b){return b[0]-a[0]||a[1]-b[1];});list=list.slice(0,D.top);
var most=Math.max.apply(null,[1].concat(list.map(function(x){return D.words[x[1]][1];})));
bars.replaceChildren.apply(bars,list.map(function(x){return bar(x[1],x[2],D.words[x[1]][1],most);}));
id('lambda-value').textContent=lambda.toFixed(2);
}
function select(t,quiet){
picked=t;
maps.forEach(function(svg){
[].forEach.call(svg.querySelectorAll('[data-t]'),function(e){var on=Number(e.getAttribute('data-t'))===t;toggle(e,'on',on);if(e.tagName==='a'){if(on)e.setAttribute('aria-current','true');else e.removeAttribute('aria-current');}});});
title.textContent=t<0?say.all:D.topics[t].title;id('panel-see').textContent=t<0?say.all_see:say.bars_see;
id('slide').hidden=t<0;sizes(-1);words(t);more.replaceChildren();
if(t>=0){var body=id(D.topics[t].anchor).querySelector('.topic-body');[].forEach.call(body.children,function(e){more.appendChild(e.cloneNode(true));});}
if(!quiet)history.replaceState(null,'',t<0?location.pathname+location.search:'#'+D.topics[t].anchor);
}
function named(hash){var name=hash.replace(/^#/,'');for(var i=0;i<D.topics.length;i++)if(D.topics[i].anchor===name)return i;return -1;}
function move(by){
var at=order.indexOf(picked);at=at<0?(by>0?0:order.length-1):(at+by+order.length)%order.length;
var held=document.activeElement,svg=held&&held.closest?held.closest('.topic-map'):null;select(order[at]);
if(svg)svg.querySelector('a[data-t="'+order[at]+'"]').focus();
}
document.addEventListener('click',function(e){
var a=e.target.closest?e.target.closest('a[href^="#"]'):null;if(!a)return;
var t=named(a.getAttribute('href'));if(t<0)return;
e.preventDefault();select(t===picked&&a.closest('.topic-map')?-1:t);
if(!a.closest('.topic-map')){atlas.scrollIntoView();title.focus({preventScroll:true});}
});
panel.addEventListener('click',function(e){
var b=e.target.closest('button');if(!b)return;
if(b.hasAttribute('data-move'))move(Number(b.getAttribute('data-move')));else if(b.hasAttribute('data-clear'))select(-1);
});
document.addEventListener('keydown',function(e){
if(e.altKey||e.ctrlKey||e.metaKey)return;
if(e.key==='Escape'){select(-1);return;}
if(!e.target.closest||!e.target.closest('.atlas')||e.target===slider)return;
var by={ArrowRight:1,ArrowDown:1,ArrowLeft:-1,ArrowUp:-1}[e.key];if(by){e.preventDefault();move(by);}
});
maps.forEach(function(svg){
function look(e){var a=e.target.closest('a');if(a)where.textContent=a.getAttribute('aria-label');}
svg.addEventListener('mouseover',look);svg.addEventListener('focusin',look);
svg.addEventListener('mouseleave',function(){where.textContent='';});
});
slider.addEventListener('input',function(){words(picked);});
window.addEventListener('hashchange',function(){select(named(location.hash),true);});
var square=document.querySelector('svg.matrix');
if(square&&D.order)square.addEventListener('mousemove',function(e){
var r=square.getBoundingClientRect(),by=square.viewBox.baseVal.width/r.width,cell=Number(square.getAttribute('data-cell'));
var i=Math.floor(((e.clientY-r.top)*by-Number(square.getAttribute('data-top')))/cell),j=Math.floor(((e.clientX-r.left)*by-Number(square.getAttribute('data-left')))/cell),k=D.order.length;
if(i<0||j<0||i>=k||j>=k||i===j){id('pair').textContent='';return;}
var a=D.order[i],b=D.order[j],low=Math.min(a,b),high=Math.max(a,b),d=D.far[low*(2*k-low-1)/2+high-low-1];
id('pair').textContent=fill(say.pair,{a:D.topics[a].title,b:D.topics[b].title,distance:d<0?'–':(d/100).toFixed(2)});
});
panel.hidden=false;id('keys').hidden=false;atlas.classList.add('live');
var first=named(location.hash);select(first,true);
if(first>=0)window.addEventListener('load',function(){setTimeout(function(){atlas.scrollIntoView();},0);});
})();
